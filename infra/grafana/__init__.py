"""Grafana as code: dashboards, their SQL, data sources and alert rules.

A panel's SQL is the file ``sql/DASHBOARD/PANEL.sql``; what it shows is told in the module of its
dashboard. ``tutti dashboards build`` writes the JSON in ``built`` and the provisioning files,
``push`` sends the same to a running Grafana.
"""
