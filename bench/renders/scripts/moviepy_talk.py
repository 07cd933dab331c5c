"""A talk as MoviePy's users write it: clips, a composition for each slide, and one write. For MoviePy 1 and 2.

    moviepy_talk.py TALK.json OUT.mp4
"""
import json
import sys

import numpy

try:  # MoviePy 2
    from moviepy import AudioFileClip, CompositeVideoClip, ImageClip, VideoFileClip, concatenate_videoclips
except ImportError:  # MoviePy 1
    from moviepy.editor import AudioFileClip, CompositeVideoClip, ImageClip, VideoFileClip, concatenate_videoclips


def call(clip, name, *args):
    """MoviePy 2 calls with_duration what MoviePy 1 called set_duration."""
    return getattr(clip, "with_" + name if hasattr(clip, "with_" + name) else "set_" + name)(*args)


def still(array, mask):
    try:
        return ImageClip(array, is_mask=mask)
    except TypeError:
        return ImageClip(array, ismask=mask)


def circle(width, height):
    y, x = numpy.ogrid[:height, :width]
    inside = ((x + 0.5 - width / 2) / (width / 2)) ** 2 + ((y + 0.5 - height / 2) / (height / 2)) ** 2 <= 1
    return still(inside.astype(float), True)


def main():
    with open(sys.argv[1]) as f:
        talk = json.load(f)
    window, rate = talk.get("window"), talk["rate"]
    slides = []
    for slide in talk["slides"]:
        seconds = slide["frames"] / rate
        scene = call(ImageClip(slide["picture"]), "duration", seconds)
        if window:
            presenter = VideoFileClip(slide["clip"], audio=False)
            presenter = call(presenter, "mask", call(circle(window["width"], window["height"]), "duration", seconds))
            presenter = call(presenter, "position", (window["x"], window["y"]))
            scene = call(CompositeVideoClip([scene, presenter]), "duration", seconds)
        slides.append(call(scene, "audio", AudioFileClip(slide["sound"])))
    concatenate_videoclips(slides).write_videofile(
        sys.argv[2], fps=rate, codec="libx264", preset="medium", ffmpeg_params=["-crf", "18", "-pix_fmt", "yuv420p"],
        audio_codec="aac", logger=None)


main()
