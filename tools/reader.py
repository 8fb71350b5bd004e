"""A reader without a browser: opens a page of a running server, moves sliders, takes the time.

A websocket client that speaks Streamlit's own protocol (BackMsg out, ForwardMsg in, 1.67) and keeps
what a browser keeps: the tree of elements, from which a run clears what it did not draw again; the
state of every widget, sent with every request; the timers of `run_every` fragments; the query of
the link; the cache of large messages. A browser costs a core, many of these fit beside the server:

    with Reader("http://localhost:8501", "chain_of_thought") as reader:
        seconds = [reader.set("ch10_seed", seed) for seed in (0, 1, 2)]

Times are seconds from the send to the arrival of the message that ends the run: what the run drew
has arrived by then, but nothing is painted. Not spoken: forms, uploads, clicks on charts and in
components. Pages do not use this module; benchmarks and tests do.
"""

from __future__ import annotations

import contextlib
import json
import socket
import threading
import time
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Self
from urllib.parse import parse_qsl, urlencode

from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.Block_pb2 import Block
from streamlit.proto.Element_pb2 import Element
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from streamlit.proto.Slider_pb2 import Slider
from streamlit.proto.WidgetStates_pb2 import WidgetState
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import connect
from websockets.typing import Subprotocol

Value = bool | float | str | list[float] | list[str] | None
"""A widget's value as it travels. Choices travel as the texts shown, never as indices."""

WIRE = {
    "slider": "double_array_value",
    "select_slider": "string_array_value",
    "button_group": "string_array_value",  # pills and segmented controls
    "multiselect": "string_array_value",
    "selectbox": "string_value",
    "radio": "string_value",
    "text_input": "string_value",
    "text_area": "string_value",
    "number_input": "double_value",
    "checkbox": "bool_value",  # toggles too
    "button": "trigger_value",
}
"""The kinds of widgets known here, and the field of WidgetState that carries their value."""

RUNS_BETWEEN = 3
"""Runs that may end between a request, which names the messages that are kept, and an answer that
points to one of them."""

RAW = {
    "select_slider": "raw_value",
    "selectbox": "raw_value",
    "radio": "raw_value",
    "button_group": "raw_values",
    "multiselect": "raw_values",
}
"""The kinds with options, and the field in which the server states a value; elsewhere `value`."""

PRESSED = object()
ENDED_EARLY = ForwardMsg.FINISHED_EARLY_FOR_RERUN


@dataclass(frozen=True)
class Widget:
    """A widget on the page. `fragment` is empty where a change runs the whole script."""

    kind: str
    id: str
    fragment: str
    proto: Any

    @property
    def key(self) -> str:
        return self.id.split("-", 2)[-1]

    @property
    def label(self) -> str:
        return self.proto.label

    @property
    def options(self) -> list[str]:
        if self.kind == "button_group":
            return [f"{o.content_icon} {o.content}".strip() for o in self.proto.options]
        return list(self.proto.options) if self.kind in RAW else []

    @property
    def many(self) -> bool:
        return "array" in WIRE[self.kind]

    @property
    def default(self) -> Value:
        default = self.read("default")
        if self.kind not in RAW:
            return default
        indices = default if isinstance(default, list) else [] if default is None else [default]
        chosen = [self.options[int(index)] for index in indices]
        return chosen if self.many else chosen[0] if chosen else None

    @property
    def stated(self) -> Value:
        """The value that the server orders the browser to take; read it where `set_value` holds."""
        return self.read(RAW.get(self.kind, "value"))

    def read(self, name: str) -> Value:
        """A field of the widget's message: a list where it repeats, None where it is absent."""
        value = getattr(self.proto, name)
        if not isinstance(value, bool | int | float | str):
            return list(value)
        optional = self.proto.DESCRIPTOR.fields_by_name[name].has_presence
        return None if optional and not self.proto.HasField(name) else value

    def wire(self, value: object) -> Value:
        """What a browser would send for `value`; ValueError for what it could not."""
        if self.proto.disabled or self.proto.form_id:
            raise ValueError(f"{self.label!r} is disabled or in a form: it cannot be used")
        if (self.kind == "button") != (value is PRESSED):
            raise ValueError(
                f"{self.label!r} is a {self.kind}: a button is pressed, the rest is set"
            )
        if value is PRESSED:
            return True
        if self.many:
            values = list(value) if isinstance(value, list | tuple) else [value]
            if self.kind == "slider":
                return [float(str(v)) for v in values]
            return [self.option(v) for v in values if v is not None]
        if self.kind == "number_input":
            return float(str(value))
        if self.kind == "checkbox":
            return bool(value)
        if value is None:
            return None
        return self.option(value) if self.kind in RAW else str(value)

    def option(self, value: object) -> str:
        if str(value) not in self.options:
            raise ValueError(f"{self.label!r} has no option {value!r}, only {self.options}")
        return str(value)

    def state(self, value: Value) -> WidgetState:
        state = WidgetState(id=self.id)
        name = WIRE[self.kind]
        if isinstance(value, list):
            getattr(state, name).SetInParent()  # an empty choice is a value as well
            getattr(state, name).data.extend(value)
        elif value is not None:
            setattr(state, name, value)
        return state


@dataclass
class Node:
    """A place on the page: a block, an element, or neither while only its children have arrived."""

    run: str = ""
    fragment: str = ""
    held: Block | Element | None = None
    children: dict[int, Node] = field(default_factory=dict[int, "Node"])


@dataclass
class Run:
    """One run of some fragments; the whole script counts as the fragment without a name."""

    id: str
    fragments: frozenset[str]
    ended: float | None = None
    early: bool = False

    @property
    def whole(self) -> bool:
        return "" in self.fragments


@dataclass(eq=False)
class Timer:
    """A fragment's `run_every`, in seconds."""

    seconds: float


@dataclass
class Cached:
    """A large message that the server need not send again, and the runs since it was last drawn."""

    message: ForwardMsg
    age: int = 0


class Reader:
    """One visitor of a running server, without a browser."""

    def __init__(
        self,
        url: str,
        page: str = "",
        query: str = "",
        patience: float = 60.0,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        """Open `page`, a url path such as chain_of_thought, and wait until it has run. `headers`, a
        cookie or an origin, are sent as the socket is opened.

        LookupError: there is no such page. TimeoutError, here and later: `patience` seconds passed.
        """
        self.url, self.page, self.patience = url.rstrip("/"), page.strip("/"), patience
        self.poll_seconds: list[float] = []  # how long each poll took, oldest first
        self.received = 0  # bytes of all messages
        self._query = query.removeprefix("?")
        self._page_hash = ""
        self._root = Node()
        self._values: dict[str, Value] = {}
        self._runs: list[Run] = []
        self._timers: dict[str, Timer] = {}
        self._polling = False
        self._cache: dict[str, Cached] = {}
        self._oldest = 2
        self._complaints: list[str] = []  # outside the tree: a page that is missing, or a typo
        self._gone = ""
        self._changed = threading.Condition()
        self._turns: dict[str, threading.Lock] = {}
        self._socket = connect(
            self.url.replace("http", "ws", 1) + "/_stcore/stream",
            subprotocols=[Subprotocol("streamlit"), Subprotocol("PLACEHOLDER_AUTH_TOKEN")],
            additional_headers=headers,
            max_size=None,
            proxy=None,
        ).__enter__()
        threading.Thread(target=self._listen, daemon=True).start()
        try:
            self._ask("")
            if self._complaints:
                raise LookupError("; ".join(self._complaints))
        except BaseException:
            self.close()
            raise

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Be gone without a word, as a closed tab is."""
        with contextlib.suppress(OSError):
            self._socket.socket.shutdown(socket.SHUT_RDWR)

    # ---------------------------------------------------------------- what a visitor does

    def set(self, widget: str | Widget, value: object) -> float:
        """Move a widget, by key or label; seconds until its fragment, or else the page, has run."""
        found = self.widget(widget) if isinstance(widget, str) else widget
        wire = found.wire(value)
        with self._changed:
            self._values[found.id] = wire
            if key := getattr(found.proto, "query_param_key", ""):
                self._write_query(key, [] if wire == found.default else wire)
        return 0.0 if found.proto.ignore_rerun else self._ask(found.fragment)

    def press(self, button: str | Widget) -> float:
        """Click a button, by key or label; seconds as for `set`."""
        found = self.widget(button) if isinstance(button, str) else button
        return self._ask(found.fragment, found.state(found.wire(PRESSED)))

    def press_together(self, *buttons: str | Widget) -> None:
        """Click each before the answer to the one before it has come; wait for the last answer."""
        found = [self.widget(button) if isinstance(button, str) else button for button in buttons]
        for one in found[:-1]:
            self._send(one.fragment, one.state(one.wire(PRESSED)), automatic=False)
        self.press(found[-1])

    def answer(self, component: str, value: object) -> float:
        """Say what the component with this key would; seconds as for `set`."""
        with self._changed:
            drawn = [(n.fragment, n.held) for n in walk(self._root) if isinstance(n.held, Element)]
        ids = [(element.component_instance.id, fragment) for fragment, element in drawn]
        found = [(id, fragment) for id, fragment in ids if id.endswith(f"-{component}")]
        if len(found) != 1:
            raise LookupError(f"{len(found)} components are called {component!r}")
        id, fragment = found[0]
        return self._ask(fragment, WidgetState(id=id, json_value=json.dumps(value)))

    def go(self, page: str) -> float:
        """Open another page in the same visit, as a click in the navigation does; seconds."""
        with self._changed:
            left = self._page_hash if self.page != page.strip("/") else ""
            self.page, self._page_hash, self._query = page.strip("/"), "", ""
            self._forget_timers(list(self._timers))  # a poll would ask for the page now left
        began = time.perf_counter()
        self._ask("")

        def there() -> bool:  # a rerun of the page that was left may have come in between
            last = self._runs[-1]
            return self._page_hash not in ("", left) and last.ended is not None and not last.early

        with self._changed:
            if not self._changed.wait_for(there, self.patience):
                raise TimeoutError(f"no answer from {page}")
        return time.perf_counter() - began

    def poll(self) -> float:
        """Run each fragment with `run_every` once, now; seconds in all, 0 where there is none."""
        with self._changed:
            timers = list(self._timers.items())
        return sum(self._poll(fragment, timer) for fragment, timer in timers)

    def keep_polling(self) -> None:
        """From now on run each such fragment at its interval, on a thread, as a browser does."""
        with self._changed:
            self._polling = True
            for fragment, timer in self._timers.items():
                self._start_polling(fragment, timer)

    # ---------------------------------------------------------------- what a visitor sees

    @property
    def query(self) -> str:
        """The query of the link in the address line."""
        return self._query

    def widget(self, name: str) -> Widget:
        """The one widget with this key, or else with this label. LookupError names the others."""
        widgets = self.widgets()
        found = [w for w in widgets if w.key == name] or [w for w in widgets if w.label == name]
        if len(found) != 1:
            there = [(w.label, w.key) for w in (found or widgets)]
            raise LookupError(f"{len(found)} widgets are called {name!r}; (label, key): {there}")
        return found[0]

    def widgets(self) -> list[Widget]:
        with self._changed:
            return [w for node in walk(self._root) if (w := as_widget(node))]

    def elements(self, kind: str) -> list[Any]:
        """The messages of one kind of element, such as vega_lite_chart, in the page's order."""
        with self._changed:
            held = [node.held for node in walk(self._root) if isinstance(node.held, Element)]
        return [getattr(element, kind) for element in held if element.WhichOneof("type") == kind]

    def texts(self) -> list[str]:
        """What is written on the page: headings, markdown, captions, alerts, HTML."""
        with self._changed:
            held = [node.held for node in walk(self._root) if isinstance(node.held, Element)]
        inner = [getattr(element, element.WhichOneof("type") or "empty") for element in held]
        return [proto.body for proto in inner if hasattr(proto, "body")]

    def exceptions(self) -> list[str]:
        shown = [f"{e.type}: {e.message}" for e in self.elements("exception")]
        return self._complaints + shown

    # ---------------------------------------------------------------- asking

    def _ask(
        self, fragment: str, trigger: WidgetState | None = None, timer: Timer | None = None
    ) -> float:
        """Request a run and wait for its end; 0.0 if it is a timer's, and the timer was stopped.

        Nothing in the protocol says which request a run answers. So a fragment has one request
        under way at a time; another one waits here, as it would on the server. And if `st.rerun`
        elsewhere ran the whole page meanwhile, before or after the server had read the request,
        it is sent again. (For requests of the whole page that case is left open.)
        """
        asked = time.perf_counter()
        with self._turns.setdefault(fragment, threading.Lock()), self._changed:
            if timer is not None and self._timers.get(fragment) is not timer:
                return 0.0
            since, again = len(self._runs), False
            self._send(fragment, trigger, automatic=timer is not None)
            while (ended := self._answer(since, fragment)) is None:
                if timer is not None and self._timers.get(fragment) is not timer:
                    return 0.0
                whole = (r for r in self._runs[since:] if r.whole and r.ended and not r.early)
                if fragment and not again and any(whole):
                    again = True
                    self._send(fragment, None, automatic=timer is not None)
                left = asked + self.patience - time.perf_counter()
                if left <= 0 or not self._changed.wait(left):
                    raise TimeoutError(f"no answer from {fragment or 'the page'}")
                if self._gone:
                    raise ConnectionError(self._gone)
            return ended - asked

    def _answer(self, since: int, fragment: str) -> float | None:
        """When a run of this fragment ended, of those begun after `since`; None: not yet.

        A run that ended early is followed by another. A run of the whole page is then the rest of
        the answer (`st.rerun`); anything else means that the server, which had not yet sent the end
        of a finished run when the next one began, sent it as an early end.
        """
        cut: Run | None = None
        for run in self._runs[since:]:
            if fragment not in run.fragments and not (cut and run.whole):
                if cut is not None:
                    return cut.ended
            elif run.ended is not None and not run.early:
                return run.ended
            else:
                cut = run if run.early else None
        return None

    def _send(self, fragment: str, trigger: WidgetState | None, *, automatic: bool) -> None:
        message = BackMsg()
        request = message.rerun_script
        request.query_string = self._query
        request.page_script_hash = self._page_hash
        request.page_name = "" if self._page_hash else self.page
        request.fragment_id = fragment
        request.is_auto_rerun = automatic
        request.cached_message_hashes.extend(
            named for named, cached in self._cache.items() if cached.age <= self._oldest
        )
        context = request.context_info
        context.timezone, context.locale, context.color_scheme = "UTC", "en-US", "light"
        context.url, context.timezone_offset, context.is_embedded = (
            f"{self.url}/{self.page}",
            0,
            False,
        )
        for widget in self.widgets():
            if widget.kind != "button":
                value = self._values.get(widget.id, widget.default)
                request.widget_states.widgets.append(widget.state(value))
        if trigger is not None:
            request.widget_states.widgets.append(trigger)
        try:
            self._socket.send(message.SerializeToString())
        except ConnectionClosed as error:
            raise ConnectionError(f"the connection was lost: {error}") from error

    def _write_query(self, key: str, value: Value) -> None:
        """The page's link follows a widget with `bind="query-params"`; a default is left out."""
        values = value if isinstance(value, list) else [value]
        kept = [(k, v) for k, v in parse_qsl(self._query, keep_blank_values=True) if k != key]
        self._query = urlencode(kept + [(key, as_text(v)) for v in values if v is not None])

    def _poll(self, fragment: str, timer: Timer) -> float:
        if seconds := self._ask(fragment, timer=timer):
            self.poll_seconds.append(seconds)
        return seconds

    def _start_polling(self, fragment: str, timer: Timer) -> None:
        def stopped() -> bool:
            return bool(self._gone) or self._timers.get(fragment) is not timer

        def tick() -> None:
            due = time.monotonic() + timer.seconds
            with contextlib.suppress(ConnectionError):
                while True:
                    with self._changed:
                        if self._changed.wait_for(stopped, max(0.0, due - time.monotonic())):
                            return
                    self._poll(fragment, timer)
                    due = max(due + timer.seconds, time.monotonic())

        threading.Thread(target=tick, daemon=True).start()

    # ---------------------------------------------------------------- listening

    def _listen(self) -> None:
        why = "the connection was closed"
        try:
            for data in self._socket:
                message = ForwardMsg.FromString(bytes(data) if isinstance(data, bytes) else b"")
                with self._changed:
                    self.received += len(data)
                    self._take(message)
        except ConnectionClosed as error:
            why = f"the connection was lost: {error}"
        except Exception as error:
            why = f"a message could not be read: {error!r}"
            raise
        finally:
            with self._changed:
                self._gone = why
                self._changed.notify_all()

    def _take(self, message: ForwardMsg) -> None:
        match message.WhichOneof("type"):
            case "delta" | "ref_hash":
                self._draw(message)
            case "new_session":
                self._begin(message)
            case "script_finished":
                self._end(message)
            case "navigation":
                self._page_hash = message.navigation.page_script_hash
            case "page_info_changed":
                self._query = message.page_info_changed.query_string
            case "page_not_found":
                self._complaints.append(f"there is no page {self.page!r}")
            case "session_event" if message.session_event.HasField("script_compilation_exception"):
                error = message.session_event.script_compilation_exception
                self._complaints.append(f"{error.type}: {error.message}")
            case "auto_rerun":
                fragment, timer = message.auto_rerun.fragment_id, Timer(message.auto_rerun.interval)
                old = self._timers.get(fragment)
                if old is None or old.seconds != timer.seconds:
                    self._timers[fragment] = timer
                    if self._polling:
                        self._start_polling(fragment, timer)
            case "stop_auto_rerun":
                self._forget_timers(message.stop_auto_rerun.fragment_ids)
            case _:
                pass

    def _begin(self, message: ForwardMsg) -> None:
        run = message.metadata.run
        self._runs.append(Run(run.script_run_id, frozenset(run.fragment_ids or [""])))
        if not run.fragment_ids:
            self._oldest = message.new_session.config.max_cached_message_age
            self._forget_timers(list(self._timers))
        if message.new_session.page_script_hash != self._page_hash:
            self._page_hash = message.new_session.page_script_hash
            self._root = Node()
        self._changed.notify_all()

    def _end(self, message: ForwardMsg) -> None:
        ended = message.metadata.run.script_run_id
        run = next((r for r in reversed(self._runs) if r.id == ended), self._runs[-1])
        run.ended, run.early = time.perf_counter(), message.script_finished == ENDED_EARLY
        broken = message.script_finished == ForwardMsg.FINISHED_WITH_COMPILE_ERROR
        if not (run.early or broken or (run.whole and run is not self._runs[-1])):
            clear_stale(self._root, run)
            there = {widget.id for widget in self.widgets()}
            self._values = {id: value for id, value in self._values.items() if id in there}
        if not run.early:
            for cached in self._cache.values():
                cached.age += run.whole or cached.message.delta.fragment_id in run.fragments
            oldest = self._oldest + RUNS_BETWEEN
            self._cache = {h: c for h, c in self._cache.items() if c.age <= oldest}
        self._changed.notify_all()

    def _forget_timers(self, fragments: Iterable[str]) -> None:
        for fragment in fragments:
            self._timers.pop(fragment, None)
        self._changed.notify_all()

    def _draw(self, message: ForwardMsg) -> None:
        if message.HasField("ref_hash"):
            self._cache[message.ref_hash].age = 0
            delta = self._cache[message.ref_hash].message.delta
        else:
            delta = message.delta
        if message.metadata.cacheable:
            self._cache[message.hash] = Cached(message)
        if delta.WhichOneof("type") == "new_transient":  # a spinner: gone when the run ends
            return
        *above, last = message.metadata.delta_path
        parent, run = self._root, self._runs[-1].id
        for index in above:
            parent = parent.children.setdefault(index, Node())
            parent.run = run
            if isinstance(parent.held, Element):  # a browser refuses to draw inside an element
                return
        old = parent.children.get(last, Node())
        new = Node(run, delta.fragment_id)
        if delta.HasField("add_block"):
            new.held = delta.add_block
            if old.held is None or same_block(old.held, new.held):
                new.children = old.children
        else:
            new.held = delta.new_element
            widget = as_widget(new)
            if widget is not None and getattr(widget.proto, "set_value", False):
                self._values[widget.id] = widget.stated
        parent.children[last] = new


def walk(node: Node) -> Iterator[Node]:
    """All places below one, in the order in which they stand on the page."""
    for _, child in sorted(node.children.items()):
        yield child
        yield from walk(child)


def as_widget(node: Node) -> Widget | None:
    if not isinstance(node.held, Element):
        return None
    kind = node.held.WhichOneof("type") or ""
    if kind not in WIRE:
        return None
    proto: Any = getattr(node.held, kind)
    if kind == "slider" and proto.type == Slider.SELECT_SLIDER:
        kind = "select_slider"
    return Widget(kind, proto.id, node.fragment, proto)


def same_block(old: Block | Element, new: Block) -> bool:
    """Is this the block that was there, drawn again? Then it keeps its children."""
    if isinstance(old, Element) or old.WhichOneof("type") != new.WhichOneof("type"):
        return False
    return not new.HasField("dialog") or old.id == new.id


def clear_stale(node: Node, run: Run, *, inside: bool = False) -> None:
    """Drop what `run` should have drawn and did not; `inside`: in a fragment that it drew."""
    for index, child in list(node.children.items()):
        if isinstance(child.held, Element):
            due = run.whole or (inside and bool(child.fragment))
        else:
            due = run.whole or inside
        if due and child.run != run.id:
            del node.children[index]
            continue
        drawn = bool(child.fragment) and child.fragment in run.fragments and child.run == run.id
        clear_stale(child, run, inside=inside or drawn)


def as_text(value: bool | float | str) -> str:
    """A value as a browser writes it into a link."""
    if isinstance(value, bool):
        return str(value).lower()
    return value if isinstance(value, str) else f"{value:.15g}"
