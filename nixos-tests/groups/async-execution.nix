# Answers come at once, the work is done behind them.
{
  boot = "functional";
  select = [
    "--only"
    "async-execution"
  ];
}
