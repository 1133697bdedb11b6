// The supervisor's view: who is where since when, live calls, charts.
