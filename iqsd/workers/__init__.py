"""The processes that open and judge photos: what breaks inside a C decoder breaks only a worker."""
