"""What convinces a stranger: hashes that hang together, signatures, time. It knows no archive."""
