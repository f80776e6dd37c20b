# The whole way once: the shortest verdict.
{
  boot = "smoke";
  select = [
    "--profile"
    "smoke"
  ];
}
