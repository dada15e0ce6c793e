"""What is in a document: its schema, and readers that turn it into JSON, HTML, Markdown and text."""
