"""Rich renderables of runs, studies and recipes: charts, tables and pages, for the command line and the screen."""
