# The happy path, from the client's request to the running container and back.
{
  select = [
    "--only"
    "basic-workflow"
  ];
}
