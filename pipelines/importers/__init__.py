"""Importers: consultations from elsewhere as events of the contract."""
