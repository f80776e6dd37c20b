# The whole way once: the shortest verdict.
{
  select = [
    "--profile"
    "smoke"
  ];
}
