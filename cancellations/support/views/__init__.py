"""Pages of support requests: the partner's, and the queue of the operator's support agents."""
