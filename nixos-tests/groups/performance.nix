# Figures under load. Nothing has run on the machines before.
{
  boot = "performance";
  select = [
    "--only"
    "performance"
  ];
}
