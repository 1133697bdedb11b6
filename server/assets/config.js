// Configuration Manager: finds the section of the page and shows it.
