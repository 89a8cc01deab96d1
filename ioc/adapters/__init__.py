"""Adapters: the ports of :mod:`ioc.core.ports` on real brokers, disks and clocks."""
