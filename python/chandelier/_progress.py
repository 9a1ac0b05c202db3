"""Progress of a training: a bar on a terminal and in a notebook, plain lines elsewhere."""

import math
import sys
import time


def progress_for(epochs):
    """Shows progress over this many epochs; a study counts as one."""
    if _in_notebook():
        return _Notebook(epochs)
    return _Terminal(epochs) if _on_terminal() else _Lines(epochs)


def _on_terminal():
    try:
        return sys.stderr.isatty()
    except (AttributeError, ValueError):  # stderr is missing or closed
        return False


def _write(text):
    """Writes to stderr; a failure to show progress must not end a run."""
    try:
        sys.stderr.write(text)
        sys.stderr.flush()
    except (AttributeError, OSError, ValueError):
        pass


def _in_notebook():
    ipython = sys.modules.get("IPython")
    shell = ipython.get_ipython() if ipython else None
    return shell is not None and hasattr(shell, "kernel")


def _clock(seconds):
    minutes, seconds = divmod(int(seconds + 0.5), 60)
    return f"{minutes}:{seconds:02d}"


class Silence:
    """Shows nothing."""

    def on_note(self, sentence):
        pass

    def on_epoch(self, epoch, train, test):
        pass

    def on_progress(self, epochs_done, images_done, images):
        pass

    def on_share(self, share, words):
        pass

    def line(self, text):
        pass

    def close(self):
        pass


class _Lines(Silence):
    """Prints one line per epoch."""

    def __init__(self, epochs):
        self.epochs = epochs
        self.began = time.monotonic()
        self.first = None  # epochs done at the first report of this session, and its time
        self.last = ""

    def on_note(self, sentence):
        self.line(sentence)

    def on_epoch(self, epoch, train, test):
        self.last = f"test {100 * test.accuracy:.2f} %"
        on_training = "" if math.isnan(train.loss) else f"   train loss {train.loss:.4f}"
        self.line(f"epoch {epoch}/{self.epochs}{on_training}   test loss {test.loss:.4f}   {self.last}")

    def line(self, text):
        _write(f"{text}\n")

    def text(self, epochs_done, images_done, images):
        return f"{self.bar(epochs_done + images_done / images, f'epoch {epochs_done + 1}/{self.epochs}')}  {self.last}"

    def bar(self, done, words):
        now = time.monotonic()
        if self.first is None:
            self.first = (done, now)
        since, when = self.first
        left = ""
        if done > since and now - when > 1:
            left = f"  {_clock((now - when) * (self.epochs - done) / (done - since))} left"
        width = 24
        filled = int(width * done / self.epochs)
        return f"[{'#' * filled}{'.' * (width - filled)}] {words}{left}"


class _Terminal(_Lines):
    """Overwrites one line."""

    def __init__(self, epochs):
        super().__init__(epochs)
        self.drawn = 0.0
        self.length = 0

    def on_epoch(self, epoch, train, test):
        self.last = f"test {100 * test.accuracy:.2f} %"

    def on_progress(self, epochs_done, images_done, images):
        if time.monotonic() - self.drawn < 0.1:
            return
        self.drawn = time.monotonic()
        self.draw(self.text(epochs_done, images_done, images))

    def on_share(self, share, words):
        self.last = words
        if time.monotonic() - self.drawn >= 0.1:
            self.drawn = time.monotonic()
            self.draw(self.bar(share, words))

    def draw(self, text):
        _write("\r" + text.ljust(self.length))
        self.length = len(text)

    def line(self, text):
        self.clear()
        super().line(text)

    def clear(self):
        if self.length:
            _write("\r" + " " * self.length + "\r")
            self.length = 0

    def close(self):
        self.clear()


class _Notebook(_Terminal):
    """Updates one output."""

    def __init__(self, epochs):
        super().__init__(epochs)
        self.handle = None

    def draw(self, text):
        from IPython.display import display

        shown = {"text/plain": text}
        if self.handle is None:
            self.handle = display(shown, raw=True, display_id=True)
        else:
            self.handle.update(shown, raw=True)

    def clear(self):
        pass

    def close(self):
        if self.handle is not None:
            self.draw(f"{self.last}  ({_clock(time.monotonic() - self.began)})")
