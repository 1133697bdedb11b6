// A test call that rings the agent's own phone.
