"""The process that trains: it takes the leases of requests, writes their journals and publishes their records."""
