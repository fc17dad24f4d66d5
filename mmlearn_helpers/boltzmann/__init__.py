"""Networks with an energy: Hopfield networks, Boltzmann machines, restricted ones."""
