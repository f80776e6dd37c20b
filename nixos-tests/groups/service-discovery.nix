# Schedulers are found by DNS, and lost again.
{
  boot = "functional";
  select = [
    "--only"
    "service-discovery"
  ];
}
