//! Nothing: this package exists to fetch a dependency's source.
