"""Files that learning platforms take back: Moodle's worksheet, Canvas's gradebook, a wide table."""
