"""What commands do with the collection: the same in their own process and in the service that owns the folder."""
