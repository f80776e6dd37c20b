# Who is let in, who is not, and how they are told.
{
  boot = "functional";
  select = [
    "--only"
    "authentication"
  ];
}
