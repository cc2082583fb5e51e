"""The code of the vendors: one package for each vendor that needs code, named like the vendor's spec."""
