"""Tasks that a person declares for Gymnasium environments: from spaces and ``info`` to fields, success and actions."""
