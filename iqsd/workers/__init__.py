"""The processes that open photos and judge them: what breaks inside a C decoder breaks only a worker."""
