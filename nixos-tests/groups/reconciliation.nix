# What breaks is put right again. Machines crash in it, so that it has a boot apart from the gentle ones.
{
  select = [
    "--only"
    "reconciliation"
  ];
}
