# Types of options that several components have.
{ lib }:
{
  # The value ends up in a unit, never in the store: a Nix path would be copied there, for everybody to read.
  secretFile = lib.mkOptionType {
    name = "secretFile";
    description = "absolute path outside of the Nix store, as a string";
    descriptionClass = "noun";
    check =
      value: lib.isString value && lib.hasPrefix "/" value && !(lib.hasPrefix builtins.storeDir value);
    merge = lib.mergeEqualOption;
  };

  # Seconds, as the components read them: whole or not, more than none.
  seconds = lib.types.addCheck lib.types.number (value: value > 0) // {
    name = "seconds";
    description = "positive number of seconds";
  };

  # `10.0.0.4` or `fd00::4`, in no brackets, which its user adds.
  host = lib.types.strMatching "[0-9]{1,3}(\\.[0-9]{1,3}){3}|[0-9a-fA-F]*:[0-9a-fA-F:.]+" // {
    description = "IP address";
  };

  # `10.0.0.4:53`, or without a port.
  address = lib.types.strMatching "[0-9a-fA-F.:]+|\\[[0-9a-fA-F:]+](:[0-9]+)?" // {
    description = "IP address, with or without a port";
  };
}
