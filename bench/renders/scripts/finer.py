#!/usr/bin/env python3
"""An ffmpeg that encodes nearly without loss whatever quality it is asked for.

It stands in for ffmpeg while Lectern renders the reference to which both of its paths are compared: the file "real"
beside it names the real one, and any constant rate factor or quantizer becomes 1.
"""
import os
import sys

with open(os.path.join(os.path.dirname(os.path.abspath(__file__)), "real")) as f:
    ffmpeg = f.read().strip()
args = sys.argv[1:]
for i, arg in enumerate(args[:-1]):
    if arg in ("-crf", "-qp"):
        args[i + 1] = "1"
os.execvp(ffmpeg, [ffmpeg] + args)
