# Answers come at once, the work is done behind them.
{
  select = [
    "--only"
    "async-execution"
  ];
}
