"""Skins: a :class:`~juesuan.document.Document` as a file that people read. A skin computes no figure."""
