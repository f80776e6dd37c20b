# What is under test: four programs, and a word on which is missing.
{ lib, packages }:
let
  names = [
    "api-gateway"
    "prow-scheduler"
    "persys-agent"
    "persys-cli"
  ];
  program =
    name:
    packages.${name}
      or (throw "the platform exports no package `${name}`; what is tested are the packages ${lib.concatStringsSep ", " names}");
in
lib.genAttrs names program
