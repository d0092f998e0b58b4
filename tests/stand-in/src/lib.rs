//! A stand-in for Smooch.
