# The happy path, from the client's request to the running container and back.
{
  boot = "functional";
  select = [
    "--only"
    "basic-workflow"
  ];
}
