# Figures under load. Nothing has run on the machines before.
{
  select = [
    "--only"
    "performance"
  ];
}
