"""From a reward to a policy and its honest score."""
