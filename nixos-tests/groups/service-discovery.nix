# Schedulers are found by DNS, and lost again.
{
  select = [
    "--only"
    "service-discovery"
  ];
}
