"""One small file for each kind of server or model that can be asked, and the registry that lists them."""
