"""What hands do on the page Compare."""


def entry(menu, name):
    """Return the entry of a menu, or of one in it, by its name."""
    for action in menu.actions():
        if action.objectName() == name:
            return action
        if action.menu() and (found := entry(action.menu(), name)):
            return found
    return None


def choose(qtbot, box, key):
    """Choose an entry of a combo box by its data, as the list does."""
    box.setCurrentIndex(box.findData(key))
    box.activated.emit(box.currentIndex())
