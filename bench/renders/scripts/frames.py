"""A talk composed frame by frame: NumPy and Pillow make each picture, and ffmpeg takes them through a pipe.

    frames.py TALK.json FFMPEG OUT.mp4

ffmpeg decodes the presenter's clip into a pipe, and NumPy blends it into its window through a round mask.
"""
import json
import subprocess
import sys

import numpy
from PIL import Image, ImageDraw


def clip_frames(ffmpeg, name, width, height):
    size = width * height * 3
    decoder = subprocess.Popen(
        [ffmpeg, "-v", "error", "-i", name, "-f", "rawvideo", "-pix_fmt", "rgb24", "-"], stdout=subprocess.PIPE)
    while True:
        data = decoder.stdout.read(size)
        if len(data) < size:
            break
        yield numpy.frombuffer(data, numpy.uint8).reshape(height, width, 3)
    decoder.stdout.close()
    if decoder.wait() != 0:
        sys.exit("the clip %s could not be decoded" % name)


def circle(width, height):
    big = Image.new("L", (width * 4, height * 4), 0)
    ImageDraw.Draw(big).ellipse((0, 0, width * 4 - 1, height * 4 - 1), fill=255)
    mask = numpy.asarray(big.resize((width, height), Image.LANCZOS), numpy.uint16)
    return mask[:, :, None]


def frames(talk, ffmpeg):
    window = talk.get("window")
    mask = circle(window["width"], window["height"]) if window else None
    for slide in talk["slides"]:
        picture = numpy.asarray(Image.open(slide["picture"]).convert("RGB"))
        if not window:
            for _ in range(slide["frames"]):
                yield picture
            continue
        x, y, w, h = window["x"], window["y"], window["width"], window["height"]
        background = picture[y:y + h, x:x + w].astype(numpy.uint16)
        made = 0
        for presenter in clip_frames(ffmpeg, slide["clip"], w, h):
            frame = picture.copy()
            frame[y:y + h, x:x + w] = (presenter * mask + background * (255 - mask)) // 255
            yield frame
            made += 1
        if made != slide["frames"]:
            sys.exit("%s has %d frames instead of %d" % (slide["clip"], made, slide["frames"]))


def main():
    with open(sys.argv[1]) as f:
        talk = json.load(f)
    ffmpeg, out = sys.argv[2], sys.argv[3]
    encoder = subprocess.Popen(
        [ffmpeg, "-v", "error", "-y", "-f", "rawvideo", "-pix_fmt", "rgb24", "-s", "%dx%d" % (talk["width"], talk["height"]),
         "-r", str(talk["rate"]), "-i", "-", "-i", talk["sound"], "-c:v", "libx264", "-preset", "medium", "-crf", "18",
         "-pix_fmt", "yuv420p", "-c:a", "aac", out], stdin=subprocess.PIPE)
    for frame in frames(talk, ffmpeg):
        encoder.stdin.write(frame.tobytes())
    encoder.stdin.close()
    sys.exit(encoder.wait())


main()
