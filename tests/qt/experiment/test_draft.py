import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from wnin_desktop.qt.experiment.content import Content
from wnin_desktop.qt.experiment.draft import UNDO_LIMIT, Draft
from wnin_desktop.qt.experiment.noise_edits import FIRST, amplitude_edits, mode_edits
from wnin_desktop.qt.experiment.words import edit_words
from wnin_desktop.qt.theme import theme
from wnin_desktop.runs.config_files import dump_compare, load_compare, load_preset, presets
from wnin_desktop.schema.noise import MODES_WITH_TEMPERATURE, NOISE_MODES
from wnin_desktop.schema.schedule import SCHEDULES


def fields(draft):
    return [problem.field for problem in draft.problems]


def three(draft):
    for optimizer in ("adamw", "sgd", "sgd"):
        draft.add_arm(optimizer)
    return draft


# --- what it holds --------------------


def test_that_an_empty_draft_says_what_to_do(draft):
    assert draft.config is None
    assert draft.problems[0].sentence() == "arms: nothing is not accepted; add an arm, or open a preset."


@pytest.mark.parametrize("name", presets())
def test_that_any_preset_is_held_as_it_is(draft, name):
    config = load_preset(name)
    draft.catalogue = None
    draft.load(config)
    assert draft.config == config
    assert not draft.is_changed
    assert draft.selected == 0


def test_that_what_is_handed_out_is_a_copy(draft):
    three(draft)
    draft.data["arms"].clear()
    draft.value("arms[0]")["name"] = "other"
    assert draft.arm_count == 3
    assert draft.value("arms[0].name") == "adamw"


def test_that_a_new_arm_gets_its_own_name_colour_and_learning_rate(draft):
    three(draft)
    assert [arm.name for arm in draft.config.arms] == ["adamw", "sgd", "sgd 2"]
    assert [arm.optimizer.lr for arm in draft.config.arms] == [1e-3, 0.1, 0.1]
    assert [draft.colour(index) for index in range(3)] == [0, 1, 2]
    draft.remove_arm(1)
    draft.add_arm()
    assert [draft.colour(index) for index in range(3)] == [0, 2, 1]


# --- steps --------------------


def test_that_a_step_is_named_after_its_field(draft):
    three(draft)
    draft.set("arms[0].noise.magnitude", 0.5)
    assert draft.stack.undoText() == "Change noise magnitude"
    draft.set_enabled(1, False)
    assert draft.stack.undoText() == "Disable arm sgd"


def test_that_consecutive_edits_of_one_field_are_one_step(draft):
    for steps in (1, 12, 123):
        draft.set("budget.steps", steps)
    assert draft.stack.count() == 1
    draft.stack.undo()
    assert draft.value("budget.steps") == 500
    draft.stack.redo()
    assert draft.value("budget.steps") == 123


def test_that_another_field_or_a_drags_end_begins_a_step(draft):
    draft.set("budget.steps", 1)
    draft.set("budget.batch_size", 8)
    draft.set("budget.steps", 2)
    assert draft.stack.count() == 3
    draft.end_edit()
    draft.set("budget.steps", 3)
    draft.set("budget.steps", 4)
    assert draft.stack.count() == 4


def test_that_edits_that_come_back_to_the_start_are_no_change(draft):
    draft.set("budget.steps", 1)
    draft.set("budget.steps", 500)
    assert draft.stack.count() == 0
    assert not draft.is_changed


def test_that_a_new_draft_is_clean_even_after_one_that_came_back_changed(desk, draft):
    draft.add_arm("sgd")
    assert Draft(desk.catalogue).from_state(draft.to_state())
    again = Draft(desk.catalogue)
    again.from_state(draft.to_state())
    assert again.is_changed
    again.clear()
    assert not again.is_changed
    again.add_arm("sgd")
    again.set("name", "another")
    assert again.is_changed
    while again.stack.canUndo():
        again.stack.undo()
    assert not again.is_changed
    again.from_state(again.to_state() | {"changed": True})
    assert not again.is_changed


def test_that_an_edit_to_the_same_value_is_no_step(draft):
    draft.set("budget.steps", 500)
    assert draft.stack.count() == 0


def test_that_a_hundred_steps_can_be_taken_back(draft):
    for number in range(UNDO_LIMIT + 20):
        draft.set("budget.steps" if number % 2 else "budget.eval_every", 1000 + number)
    undone = 0
    while draft.stack.canUndo():
        draft.stack.undo()
        undone += 1
    assert undone == UNDO_LIMIT == 100


def test_that_everything_undone_is_the_start_and_redone_the_end(draft):
    start = draft.data
    three(draft)
    draft.move_arm(0, 2)
    draft.rename_arm(1, "other")
    draft.set_baseline(1)
    draft.duplicate_arm(1)
    draft.set_enabled(0, False)
    draft.set_colour(2, 7)
    draft.remove_arm(1)
    end, marks = draft.data, draft.content.marks
    while draft.stack.canUndo():
        draft.stack.undo()
    assert draft.data == start
    assert draft.selected == -1
    while draft.stack.canRedo():
        draft.stack.redo()
    assert (draft.data, draft.content.marks) == (end, marks)


steps = st.lists(
    st.tuples(st.sampled_from(["add", "copy", "remove", "move", "on", "colour", "set", "name"]),
              st.integers(0, 5), st.integers(0, 5)), max_size=12)  # fmt: skip


def do(draft, deed, one, two):
    count = draft.arm_count
    if deed == "add" or not count:
        draft.add_arm()
        return
    one, two = one % count, two % count
    deeds = {
        "copy": lambda: draft.duplicate_arm(one),
        "remove": lambda: draft.remove_arm(one),
        "move": lambda: draft.move_arm(one, two),
        "on": lambda: draft.set_enabled(one, bool(two % 2)),
        "colour": lambda: draft.set_colour(one, two),
        "set": lambda: draft.set(f"arms[{one}].optimizer.lr", two / 10),
        "name": lambda: draft.rename_arm(one, f"n{two}"),
    }
    deeds[deed]()


@settings(max_examples=60, deadline=None)
@given(deeds=steps)
def test_that_any_steps_can_be_taken_back_one_by_one(qapp, deeds):
    draft = Draft()
    seen = [(draft.data, draft.content.marks)]
    for deed in deeds:
        before = draft.stack.count()
        do(draft, *deed)
        now = (draft.data, draft.content.marks)
        assert len(draft.content.marks) == draft.arm_count
        assert draft.arm_count == 0 or 0 <= draft.selected < draft.arm_count
        if draft.stack.count() > before:
            seen.append(now)
        elif draft.stack.count() == before:
            seen[-1] = now
        else:
            seen.pop()
    for state in reversed(seen[:-1]):
        draft.stack.undo()
        assert (draft.data, draft.content.marks) == state
    assert not draft.stack.canUndo()


def test_that_undo_shows_the_arm_it_is_about(draft):
    three(draft)
    draft.set("arms[0].optimizer.lr", 0.5)
    draft.select(2)
    draft.stack.undo()
    assert draft.selected == 0


# --- arms --------------------


def test_that_new_and_copied_arms_take_a_colour_that_is_free_while_there_is_one(draft):
    draft.add_arm()
    draft.set_colour(0, 3)
    for index in range(3):
        draft.duplicate_arm(index)
    for _ in range(4):
        draft.add_arm()
    assert sorted(draft.colour(index) for index in range(8)) == list(range(8))
    assert not any(draft.look_alike(index) for index in range(8))


def test_that_after_eight_arms_colours_begin_again_with_other_markers(draft):
    for _ in range(20):
        draft.add_arm()
    looks = [theme().arm(draft.colour(index)) for index in range(20)]
    assert len({(look.colour.name(), look.marker) for look in looks}) == 20
    assert not any(draft.look_alike(index) for index in range(20))
    draft.set_colour(4, 9)
    assert draft.look_alike(4) == draft.value("arms[9].name")
    assert draft.look_alike(9) == draft.value("arms[4].name")


def test_that_an_arm_keeps_its_colour_wherever_it_goes(draft):
    three(draft)
    colours = {name: draft.colour_of(name) for name in ("adamw", "sgd", "sgd 2")}
    draft.move_arm(2, 0)
    draft.set_enabled(1, False)
    draft.rename_arm(1, "renamed")
    assert draft.colour_of("sgd 2") == colours["sgd 2"]
    assert draft.colour_of("renamed") == colours["adamw"]
    assert draft.colour_of("nobody") is None


def test_that_the_selection_follows_its_arm(draft):
    three(draft)
    draft.select(1)
    draft.move_arm(0, 2)
    assert draft.value(f"arms[{draft.selected}].name") == "sgd"
    draft.remove_arm(2)
    assert draft.value(f"arms[{draft.selected}].name") == "sgd"
    draft.remove_arm(0)
    assert draft.selected == 0
    draft.remove_arm(0)
    assert draft.selected == -1


def test_that_an_arm_left_out_stays_in_the_draft_and_not_in_the_experiment(draft):
    three(draft)
    draft.set("arms[1].optimizer.lr", -1)
    assert draft.config is None
    draft.set_enabled(1, False)
    assert [arm.name for arm in draft.config.arms] == ["adamw", "sgd 2"]
    assert draft.arm_count == 3


def test_that_problems_count_arms_as_the_draft_does(draft):
    three(draft)
    draft.set_enabled(0, False)
    draft.set("arms[2].optimizer.lr", -1)
    assert fields(draft) == ["arms[2].optimizer.lr"]
    draft.set("arms[2].optimizer.lr", 1.0)
    draft.rename_arm(2, "sgd")
    assert draft.problems[0].sentence() == (
        "arms[2].name: 'sgd' is not accepted; arms[1] has it already, names must differ."
    )


def test_that_the_baseline_follows_its_arm(draft):
    three(draft)
    assert draft.baseline_index == 0
    draft.set_baseline(1)
    draft.rename_arm(1, "plain")
    assert (draft.value("baseline"), draft.baseline_index) == ("plain", 1)
    draft.set_enabled(1, False)
    assert draft.config.baseline is None
    assert draft.baseline_index == 0
    draft.remove_arm(1)
    assert draft.value("baseline") is None
    draft.stack.undo()
    assert draft.value("baseline") == "plain"


def test_that_all_arms_left_out_is_a_problem(draft):
    draft.add_arm()
    draft.set_enabled(0, False)
    assert "switched off" in draft.problems[0].allowed


# --- checking --------------------


def test_that_hyper_parameters_are_checked_against_the_optimizers_at_hand(draft):
    draft.add_arm()
    draft.set("arms[0].optimizer.params", {"beta1": 2, "beta": 0.5})
    said = {problem.field: problem.allowed for problem in draft.problems}
    assert said["arms[0].optimizer.params.beta1"].startswith("allowed: a number")
    assert said["arms[0].optimizer.params.beta"] == "adamw has: beta1 (did you mean beta1?)"


@pytest.mark.parametrize(
    ("name", "why"),
    [("torn", "could not be loaded"), ("strange", "not trusted"), ("sdg", "did you mean sgd?")],
)
def test_that_an_optimizer_that_cannot_be_used_says_why(draft, name, why):
    draft.add_arm()
    draft.set("arms[0].optimizer.name", name)
    assert fields(draft) == ["arms[0].optimizer.name"]
    assert why in draft.problems[0].allowed


def test_that_a_draft_is_not_blamed_before_the_optimizers_are_read(qtbot, desk):
    from tests.qt.experiment.desk import FakeCatalogue  # noqa: PLC0415

    late = FakeCatalogue(known=False)
    draft = Draft(late)
    draft.add_arm()
    draft.set("arms[0].optimizer.name", "nobody")
    assert draft.config is not None
    with qtbot.waitSignal(draft.problems_changed):
        late.read()
    assert draft.config is None


def test_that_problems_are_told_once_for_many_edits(qtbot, draft):
    three(draft)
    told = []
    with qtbot.waitSignal(draft.problems_changed):
        draft.problems_changed.connect(lambda: told.append(draft.problems))
        for value in (-1, -2, 0):
            draft.set("arms[0].optimizer.lr", value)
    qtbot.wait(1)
    assert len(told) == 1


# --- noise --------------------


@pytest.mark.parametrize("before", NOISE_MODES)
@pytest.mark.parametrize("after", NOISE_MODES)
def test_that_any_change_of_the_noise_mode_keeps_the_draft_valid(draft, before, after):
    draft.add_arm()
    for mode in (before, after):
        at = "arms[0].noise"
        draft.set_many(mode_edits(at, draft.value(at), mode, {}), "Change noise mode")
        assert draft.config is not None, draft.problems
    assert draft.config.arms[0].noise.mode == after


@pytest.mark.parametrize("mode", MODES_WITH_TEMPERATURE)
def test_that_an_amplitude_can_be_stated_both_ways(draft, mode):
    draft.add_arm()
    memory, at = {}, "arms[0].noise"
    draft.set_many(mode_edits(at, draft.value(at), mode, memory), "mode")
    for kind in ("magnitude", "temperature", "magnitude"):
        draft.set_many(amplitude_edits(at, draft.value(at), kind, memory), "kind")
        assert draft.config is not None
        assert draft.value(f"{at}.{kind}") is not None


def test_that_an_amplitude_is_remembered_for_its_mode(draft):
    draft.add_arm()
    memory, at = {}, "arms[0].noise"
    draft.set_many(mode_edits(at, draft.value(at), "input_jitter", memory), "mode")
    draft.set(f"{at}.magnitude", 0.7)
    draft.set_many(mode_edits(at, draft.value(at), "none", memory), "mode")
    draft.set_many(mode_edits(at, draft.value(at), "input_jitter", memory), "mode")
    assert draft.value(f"{at}.magnitude") == 0.7
    assert set(FIRST) >= {(mode, "magnitude") for mode in NOISE_MODES if mode != "none"}


def test_that_words_name_every_schedule():
    assert len(SCHEDULES) == 8
    assert edit_words("arms[0].noise.schedule") == "Change noise schedule"
    assert edit_words("arms[1].noise.schedule.kind") == "Change noise schedule"
    assert edit_words("arms[1].optimizer.lr") == "Change learning rate"
    assert edit_words("budget.steps") == "Change steps"


# --- sessions --------------------


def test_that_a_session_brings_the_draft_back(desk, draft):
    three(draft)
    draft.set_enabled(1, False)
    draft.set_colour(2, 6)
    draft.set("arms[0].optimizer.lr", "fast")
    draft.select(2)
    desk.state.set("draft", draft.to_state())
    desk.state.save()
    again = Draft(desk.catalogue)
    assert again.from_state(type(desk.state)(desk.state.path).get("draft", {}))
    assert (again.content, again.selected, again.is_changed) == (draft.content, 2, True)
    assert again.path == draft.path


BAD = [
    {},
    {"content": 3, "selected": 0, "path": "", "changed": False},
    {"content": "{}", "selected": 0, "path": "", "changed": False},
    {"content": "[" * 100_000, "selected": 0, "path": "", "changed": False},
    {"content": '{"data": {"arms": [3]}, "marks": []}', "selected": 0, "path": "", "changed": False},
    {"content": '{"data": {"arms": []}, "marks": [[0]]}', "selected": 0, "path": "", "changed": False},
    {"content": '{"data": {"arms": [], "x": NaN}, "marks": []}', "selected": 0, "path": "", "changed": False},
    {"content": Content.empty().to_text(), "selected": "x", "path": "", "changed": False},
    {"content": Content.empty().to_text(), "selected": 0, "path": "a\0b", "changed": False},
]


@pytest.mark.parametrize("state", BAD, ids=lambda state: str(state)[:60])
def test_that_a_damaged_session_is_an_empty_draft(draft, state):
    three(draft)
    assert not draft.from_state(state)
    assert draft.content == Content.empty()
    assert not draft.is_changed


@settings(max_examples=100, deadline=None)
@given(text=st.text(max_size=60) | st.from_regex(r'\{"data": \{"arms": .{0,20}\}, "marks": .{0,10}\}'))
def test_that_no_kept_text_can_crash_a_draft(text):
    try:
        content = Content.from_text(text)
    except ValueError:
        return
    assert len(content.marks) == len(content.arms)


def test_that_saving_and_opening_give_an_equal_draft(draft, tmp_path):
    three(draft)
    draft.set("seeds", list(range(9)))
    for suffix in (".toml", ".json", ".yaml"):
        path = tmp_path / f"x{suffix}"
        dump_compare(draft.config, path)
        draft.mark_saved(path)
        assert not draft.is_changed
        again = Draft()
        again.load(load_compare(path), path)
        assert again.config == draft.config


def test_that_a_draft_that_moved_on_while_it_was_saved_is_still_changed(draft, tmp_path):
    three(draft)
    written = draft.content
    draft.set("budget.steps", 7)
    draft.mark_saved(tmp_path / "x.toml", written)
    assert draft.is_changed
    assert draft.path == tmp_path / "x.toml"
