# Who is let in, who is not, and how they are told.
{
  select = [
    "--only"
    "authentication"
  ];
}
