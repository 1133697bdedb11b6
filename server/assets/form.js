// Forms from a description of their fields, with what is wrong beside each field.
