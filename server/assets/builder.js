// The link builder: a form that writes a link.
