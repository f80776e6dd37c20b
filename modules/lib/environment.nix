# Options as the environment variables of the contract, §1 and §8.
{ lib }:
let
  screaming =
    name:
    lib.toUpper (
      lib.concatMapStrings (c: if lib.toUpper c == c then "_${c}" else c) (lib.stringToCharacters name)
    );
in
{
  # Of IPv6 the address is in brackets, or its last part would be the port.
  socket =
    listen:
    let
      address = if lib.hasInfix ":" listen.address then "[${listen.address}]" else listen.address;
    in
    "${address}:${toString listen.port}";

  # 2 and not 2.000000, as Nix writes numbers that are not whole.
  timings =
    timings:
    lib.mapAttrs' (
      name: value:
      lib.nameValuePair (screaming name) (if value == null then null else builtins.toJSON value)
    ) timings;

  # Where systemd shows a service its credentials.
  credential = name: "%d/${name}";

  # The same if there is one.
  optionalCredential = name: file: if file == null then null else "%d/${name}";
}
