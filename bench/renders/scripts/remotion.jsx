// A talk as a Remotion composition: a picture and a sound for each slide, and a presenter in a circle.
import {AbsoluteFill, Audio, Composition, Img, OffthreadVideo, Sequence, registerRoot, staticFile} from 'remotion';
import talk from './talk.json';

const Slide = ({slide}) => (
  <AbsoluteFill>
    <Img src={staticFile(slide.picture)} style={{width: talk.width, height: talk.height}} />
    {slide.clip ? (
      <OffthreadVideo
        muted
        src={staticFile(slide.clip)}
        style={{
          position: 'absolute', left: talk.window.x, top: talk.window.y,
          width: talk.window.width, height: talk.window.height, borderRadius: '50%', objectFit: 'cover',
        }}
      />
    ) : null}
    <Audio src={staticFile(slide.sound)} />
  </AbsoluteFill>
);

const Talk = () => (
  <AbsoluteFill>
    {talk.slides.map((slide) => (
      <Sequence key={slide.picture} from={slide.start} durationInFrames={slide.frames}>
        <Slide slide={slide} />
      </Sequence>
    ))}
  </AbsoluteFill>
);

registerRoot(() => (
  <Composition id="talk" component={Talk} width={talk.width} height={talk.height} fps={talk.rate} durationInFrames={talk.frames} />
));
