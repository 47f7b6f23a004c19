"""The agent served to others: to assistants by the Model Context Protocol, and as a page to a browser."""
