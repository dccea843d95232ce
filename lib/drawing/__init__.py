"""The drawn faces: a mesh, identities, expressions and a camera in numpy, deterministic to the byte."""
