export { imageTaskType as definition } from './image-task-type';
