// Appends the step's terms to the ring that the page reads in batches.
a[{{ring}}u + (ctl[{{now}}] % {{rows}}u) * {{width}}u + i] = a[{{terms}}u + i];
