"""From a sentence or an alarm to a change that is approved, executed and verified. docs/agent.md says what is built."""
