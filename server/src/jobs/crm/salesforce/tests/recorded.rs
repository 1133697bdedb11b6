//! Answers that real orgs gave, played by a server of a few lines: client and stand-in cannot share one misreading here.
