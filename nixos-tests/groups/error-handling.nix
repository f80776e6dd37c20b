# What cannot be put right is refused or survived. Machines crash in it, so that it has a boot apart from the gentle ones.
{
  select = [
    "--only"
    "error-handling"
  ];
}
